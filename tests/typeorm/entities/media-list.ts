import { Column, CreateDateColumn, Entity, JoinTable, ManyToMany, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';
import { Movie } from './movie';
import { TVShow } from './tv-show';

@Entity('media_lists')
export class MediaList {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  name!: string;

  @Column('text')
  description!: string;

  @Column({ default: false })
  isPublic!: boolean;

  @CreateDateColumn()
  createdAt!: Date;

  @UpdateDateColumn()
  updatedAt!: Date;

  @ManyToMany(() => Movie, (movie) => movie.lists)
  @JoinTable({
    name: 'media_list_movies',
    joinColumn: { name: 'mediaListId' },
    inverseJoinColumn: { name: 'movieId' },
  })
  movies!: Movie[];

  @ManyToMany(() => TVShow, (show) => show.lists)
  @JoinTable({
    name: 'media_list_tv_shows',
    joinColumn: { name: 'mediaListId' },
    inverseJoinColumn: { name: 'tvShowId' },
  })
  tvShows!: TVShow[];
}
