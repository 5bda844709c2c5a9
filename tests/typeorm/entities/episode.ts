import { Column, CreateDateColumn, Entity, JoinColumn, ManyToOne, PrimaryGeneratedColumn, Unique, UpdateDateColumn } from 'typeorm';
import { Season } from './season';

@Entity('episodes')
@Unique(['seasonId', 'episodeNumber'])
export class Episode {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  seasonId!: number;

  @Column()
  episodeNumber!: number;

  @Column()
  name!: string;

  @Column('text')
  overview!: string;

  @Column()
  airDate!: string;

  @Column({ type: 'int', nullable: true })
  runtime!: number | null;

  @Column({ type: 'varchar', nullable: true })
  stillPath!: string | null;

  @CreateDateColumn()
  createdAt!: Date;

  @UpdateDateColumn()
  updatedAt!: Date;

  @ManyToOne(() => Season, (season) => season.episodes, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'seasonId' })
  season!: Season;
}
