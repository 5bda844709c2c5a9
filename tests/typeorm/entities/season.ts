import { Column, CreateDateColumn, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryGeneratedColumn, Unique, UpdateDateColumn } from 'typeorm';
import { Episode } from './episode';
import { TVShow } from './tv-show';

@Entity('seasons')
@Unique(['tvShowId', 'seasonNumber'])
export class Season {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  tvShowId!: number;

  @Column()
  seasonNumber!: number;

  @Column()
  name!: string;

  @Column('text')
  overview!: string;

  @Column()
  airDate!: string;

  @Column()
  episodeCount!: number;

  @Column()
  poster!: string;

  @CreateDateColumn()
  createdAt!: Date;

  @UpdateDateColumn()
  updatedAt!: Date;

  @ManyToOne(() => TVShow, (show) => show.seasons)
  @JoinColumn({ name: 'tvShowId' })
  tvShow!: TVShow;

  @OneToMany(() => Episode, (episode) => episode.season)
  episodes!: Episode[];
}
